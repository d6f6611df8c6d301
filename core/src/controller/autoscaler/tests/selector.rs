//! Selectors as text.

use serde_json::json;

use super::super::selector::GoSelector;
use super::super::{Selector, selector_text};
use crate::api::{LabelSelector, StringMap};

#[test]
fn what_a_text_selects() {
    let labels: StringMap = [("app", "web"), ("n", "4"), ("in", "in"), ("empty", "")].into_iter().collect();
    for (text, takes) in [
        ("", true),
        ("app=web", true),
        ("app==web", true),
        ("app = web , n", true),
        ("app=db", false),
        ("app!=web", false),
        ("app!=db,tier!=back", true),
        ("app", true),
        ("tier", false),
        ("!tier", true),
        ("!app", false),
        ("app in (web,db)", true),
        ("app in (db)", false),
        ("app notin (web)", false),
        ("tier notin (web)", true),
        ("empty in ()", true),
        ("empty in (,x)", true),
        ("empty in (x,)", true),
        ("empty in (x,,y)", true),
        ("empty in (x,y)", false),
        ("empty=", true),
        ("in=in", true),
        ("in in (in,notin)", true),
        ("n>3,n<5", true),
        ("n>4", false),
        ("n<4", false),
        ("app>3", false),
        ("tier<3", false),
    ] {
        assert_eq!(Selector::parse(text).unwrap().matches(&labels), takes, "{text}");
    }
}

#[test]
fn what_is_no_selector() {
    for (text, error) in [
        ("app in", "unable to parse requirement: found '' expected: '('"),
        ("app in (web", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("app=web,", "found '', expected: identifier after ','"),
        (",app", "found ',', expected: !, identifier, or 'end of string'"),
        ("!app=web", "found '=', expected: ',' or 'end of string'"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("app=(", "unable to parse requirement: found '(', expected: identifier"),
        ("app in (()", "unable to parse requirement: found '(', expected: ',', ')' or identifier"),
    ] {
        assert_eq!(Selector::parse(text).unwrap_err().to_string(), error, "{text}");
    }
    for text in ["/x=1", "app=-", "n>x", "app in (a!)"] {
        assert!(Selector::parse(text).is_err(), "{text}");
    }
}

#[test]
fn how_a_metric_is_asked_for() {
    let read = |value: serde_json::Value| LabelSelector::from_value(&value).unwrap();
    let selector = read(json!({"matchLabels": {"verb": "GET"}, "matchExpressions": [
        {"key": "code", "operator": "In", "values": ["5", "4"]},
        {"key": "zone", "operator": "Exists"},
        {"key": "old", "operator": "DoesNotExist"},
    ]}));
    assert_eq!(selector_text(Some(&selector)).unwrap(), "code in (4,5),!old,verb=GET,zone");
    assert_eq!(
        GoSelector(Some(&selector)).to_string(),
        "&LabelSelector{MatchLabels:map[string]string{verb: GET,},MatchExpressions:[]LabelSelectorRequirement{\
         LabelSelectorRequirement{Key:code,Operator:In,Values:[5 4],},LabelSelectorRequirement{Key:zone,Operator:Exists,Values:[],},\
         LabelSelectorRequirement{Key:old,Operator:DoesNotExist,Values:[],},},}"
    );
    // An absent one asks for every series.
    assert_eq!(selector_text(None).unwrap(), "");
    assert_eq!(selector_text(Some(&read(json!({})))).unwrap(), "");
    let odd = read(json!({"matchExpressions": [{"key": "a", "operator": "Near"}]}));
    assert_eq!(selector_text(Some(&odd)).unwrap_err(), "\"Near\" is not a valid label selector operator");
}
