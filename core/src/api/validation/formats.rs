//! Forms of names, keys and values. Each function gives the API machinery's messages; none = valid.

const DNS1123_LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const LABEL_KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

fn regex_error(message: &str, regex: &str, examples: &[&str]) -> String {
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}', ")).collect();
    format!("{message} (e.g. {}regex used for validation is '{regex}')", examples.join(" or "))
}

fn is_dns1123_label(value: &str) -> bool {
    let b = value.as_bytes();
    let ends = |c: Option<&u8>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    ends(b.first())
        && ends(b.last())
        && b.iter().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'-')
}

fn is_dns1123_subdomain(value: &str) -> bool {
    value.split('.').all(is_dns1123_label)
}

/// Whether it is a DNS label (RFC 1123): what names of containers, volumes and namespaces must be.
pub fn dns1123_label(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > 63 {
        errors.push("must be no more than 63 characters".into());
    }
    if !is_dns1123_label(value) {
        if is_dns1123_subdomain(value) {
            errors.push("must not contain dots".into());
        } else {
            errors.push(regex_error(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                 start and end with an alphanumeric character",
                DNS1123_LABEL,
                &["my-name", "123-abc"],
            ));
        }
    }
    errors
}

fn subdomain(value: &str, unit: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > 253 {
        errors.push(format!("must be no more than 253 {unit}"));
    }
    if !is_dns1123_subdomain(value) {
        errors.push(regex_error(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and \
             must start and end with an alphanumeric character",
            &format!("{DNS1123_LABEL}(\\.{DNS1123_LABEL})*"),
            &["example.com"],
        ));
    }
    errors
}

/// Whether it is a DNS subdomain (RFC 1123): what most names must be.
pub(super) fn dns1123_subdomain(value: &str) -> Vec<String> {
    subdomain(value, "characters")
}

fn is_label_text(value: &str) -> bool {
    let b = value.as_bytes();
    let ends = |c: Option<&u8>| c.is_some_and(u8::is_ascii_alphanumeric);
    ends(b.first())
        && ends(b.last())
        && b.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'))
}

/// Whether it is a label key: an optional prefix and a name.
pub(super) fn label_key(value: &str) -> Vec<String> {
    let form = |intro: &str| {
        regex_error(
            &format!(
                "{intro}must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                 alphanumeric character"
            ),
            LABEL_KEY,
            &["MyName", "my.name", "123-abc"],
        )
    };
    let mut errors = Vec::new();
    let name = match value.split('/').collect::<Vec<_>>()[..] {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".into());
            } else {
                errors.extend(
                    subdomain(prefix, "bytes").into_iter().map(|message| format!("prefix part {message}")),
                );
            }
            name
        }
        _ => {
            let form = form("a valid label key ");
            return vec![format!(
                "{form} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".into());
    } else if name.len() > 63 {
        errors.push("name part must be no more than 63 bytes".into());
    }
    if !is_label_text(name) {
        errors.push(form("name part "));
    }
    errors
}

/// Whether it is a label value.
pub(super) fn label_value(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > 63 {
        errors.push("must be no more than 63 bytes".into());
    }
    if !value.is_empty() && !is_label_text(value) {
        errors.push(regex_error(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and \
             must start and end with an alphanumeric character",
            &format!("({LABEL_KEY})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    errors
}

/// Whether it is a port number.
pub(super) fn port_number(value: i64) -> Vec<String> {
    if (1..=65_535).contains(&value) { vec![] } else { vec!["must be between 1 and 65535, inclusive".into()] }
}

/// Whether it is the name of a port.
pub(super) fn port_name(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let mut tell = |wrong: bool, message: &str| {
        if wrong {
            errors.push(message.to_string());
        }
    };
    let b = value.as_bytes();
    tell(b.len() > 15, "must be no more than 15 characters");
    let allowed = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'-';
    tell(
        b.is_empty() || !b.iter().all(allowed),
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
    );
    tell(!b.iter().any(u8::is_ascii_lowercase), "must contain at least one letter (a-z)");
    tell(value.contains("--"), "must not contain consecutive hyphens");
    tell(value.starts_with('-') || value.ends_with('-'), "must not begin or end with a hyphen");
    errors
}

/// Whether it is a percentage such as `25%`.
pub(super) fn percent(value: &str) -> Vec<String> {
    match value.strip_suffix('%') {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit()) => vec![],
        _ => vec![regex_error(
            "a valid percent string must be a numeric string followed by an ending '%'",
            "[0-9]+%",
            &["1%", "93%"],
        )],
    }
}

/// Whether it is the name of an environment variable.
pub(super) fn env_name(value: &str) -> Vec<String> {
    if value.chars().all(|c| (' '..='~').contains(&c) && c != '=') {
        return vec![];
    }
    vec![
        "a valid environment variable name must consist only of printable ASCII characters other than '='"
            .into(),
    ]
}

/// Whether it is the name of an HTTP header.
pub(super) fn http_header(value: &str) -> Vec<String> {
    if !value.is_empty() && value.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-') {
        return vec![];
    }
    vec![regex_error(
        "a valid HTTP header must consist of alphanumeric characters or '-'",
        "[-A-Za-z0-9]+",
        &["X-Header-Name"],
    )]
}

/// Whether it is a key of a ConfigMap or Secret.
pub(super) fn config_map_key(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > 253 {
        errors.push("must be no more than 253 characters".into());
    }
    let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
    if value.is_empty() || !value.bytes().all(allowed) {
        errors.push(regex_error(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    match value {
        "." => errors.push("must not be '.'".into()),
        ".." => errors.push("must not be '..'".into()),
        _ if value.starts_with("..") => errors.push("must not start with '..'".into()),
        _ => {}
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::{
        config_map_key, dns1123_label, dns1123_subdomain, env_name, label_key, label_value, percent,
        port_name,
    };

    #[test]
    fn forms() {
        let check = |form: fn(&str) -> Vec<String>, good: &[&str], bad: &[&str]| {
            good.iter().for_each(|text| assert_eq!(form(text), Vec::<String>::new(), "{text}"));
            bad.iter().for_each(|text| assert!(!form(text).is_empty(), "{text}"));
        };
        let long = "a".repeat(64);
        check(dns1123_label, &["a", "a-b", "0"], &["", "-a", "a-", "A", "a.b", "a_b", "é", &long]);
        check(dns1123_subdomain, &["a", "a.b-c.d", &long], &["", ".", "a.", "a..b", "A", &"a".repeat(254)]);
        check(label_key, &["a", "A.b_c-d", "x.io/A"], &["", "a/", "/a", "a/b/c", "X.io/a", "-a", &long]);
        check(label_value, &["", "a", "A_b.c-1"], &["-", "a b", "é", "a\n", &long]);
        check(port_name, &["http", "a-1"], &["", "HTTP", "1", "a--b", "-a", "abcdefghijklmnop"]);
        check(percent, &["0%", "25%", "200%"], &["", "%", "25", "-5%", "+5%", "1.5%", "25%%"]);
        check(env_name, &["A", "a b", "1x"], &["a=b", "é", "a\t"]);
        check(config_map_key, &["a", "A.b_c"], &["", ".", "..", "..a", "a/b"]);
    }
}
