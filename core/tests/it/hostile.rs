//! Input that nobody means well with: nothing panics, nothing is slow, everything is said clearly.

use std::fmt::Write;

use maxsurge_core::api::manifest::{self, Code, ReadOptions, Validate};

const GOOD: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector:\n    matchLabels:\n      app: web\n  \
                    template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n      - name: app\n        image: \
                    example.com/app:v1\n";

/// Reads, shows in every way, and gives the codes of what was found and the number of objects.
fn read(bytes: &[u8], options: &ReadOptions) -> (Vec<Code>, usize) {
    let read = manifest::read("f", bytes, options);
    let text = [read.text.clone()];
    for color in [false, true] {
        manifest::render(&read.diagnostics, &text, color);
    }
    manifest::render(&manifest::warnings(&read.objects), &text, true);
    manifest::kubectl_text(&read.diagnostics);
    (read.diagnostics.iter().map(|d| d.code).collect(), read.objects.len())
}

fn check(bytes: impl AsRef<[u8]>, codes: &[Code], objects: usize) {
    let bytes = bytes.as_ref();
    let found = read(bytes, &ReadOptions::default());
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
    assert_eq!(found, (codes.to_vec(), objects), "{shown}");
}

#[test]
fn nothing_at_all() {
    for empty in ["", "\n", "---\n", "---\n---\n...\n", "# only a comment\n", " \t\n", "null", "~"] {
        check(empty, &[], 0);
    }
    check("\u{feff}", &[], 0);
}

#[test]
fn what_is_no_manifest() {
    check([0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0], &[Code::Syntax], 0);
    check([0xff, 0xfe, b'a', 0], &[Code::Syntax], 0);
    check([b'a', 0xc3, 0x28], &[Code::Syntax], 0);
    check("just a text", &[Code::Syntax], 0);
    check("- 1\n- 2\n", &[Code::Syntax], 0);
    check("{\"kind\": \"Deployment\"", &[Code::Syntax], 0);
    check("a: {{ .Values.x }}\n", &[Code::Syntax], 0);
    check("a: b\n", &[Code::Identity], 0);
    check("kind: Deployment\n", &[Code::Identity], 0);
    check("kind: Deployment\napiVersion: extensions/v1beta1\n", &[Code::UnknownVersion], 0);
    check("kind: CronTab\napiVersion: stable.example.com/v1\nspec: {replicas: x, any: [1]}\n", &[], 1);
    check("kind: 1\napiVersion: 2\n", &[Code::Identity], 0);
}

#[test]
fn ways_to_write_the_same() {
    check(GOOD, &[], 1);
    check(GOOD.replace('\n', "\r\n"), &[], 1);
    check(format!("\u{feff}{GOOD}"), &[], 1);
    check(format!("---\n{GOOD}---\n---\n{GOOD}...\n---\n# end\n"), &[], 2);
    check(GOOD.replace("name: web", "name: &n web").replace("app: web", "app: *n"), &[], 1);
    let merged = GOOD.replace("      app: web\n  template", "      <<: &l {app: web}\n  template");
    check(merged.replace("        app: web\n    spec", "        <<: *l\n    spec"), &[], 1);
    check(GOOD.replace("app: web", "app: \"한국어\""), &[Code::Invalid; 2], 0);
}

#[test]
fn one_bad_document_leaves_the_others() {
    check(format!("{GOOD}---\na: [1\n---\n{GOOD}"), &[Code::Syntax], 2);
    check(format!("{GOOD}---\na: b: c\n---\n{GOOD}"), &[Code::Syntax], 2);
    let list =
        "kind: List\napiVersion: v1\nitems:\n- {kind: A, apiVersion: b, metadata: {name: c}}\n- 7\n- null\n";
    check(list, &[Code::Syntax], 1);
    let typed = "kind: PodList\napiVersion: v1\nitems:\n- metadata: {name: p}\n  spec: {containers: [{name: a, image: i}]}\n";
    check(typed, &[], 1);
}

#[test]
fn repeated_and_unknown_fields() {
    let text =
        GOOD.replace("spec:\n  selector", "spec:\n  replicas: 1\n  replicas: 2\n  bogus: 1\n  selector");
    let codes = [Code::UnknownField, Code::DuplicateField];
    for (validate, expected) in
        [(Validate::Strict, (2, 0)), (Validate::Warn, (2, 1)), (Validate::Ignore, (0, 1))]
    {
        let (found, objects) = read(text.as_bytes(), &ReadOptions { validate, ..ReadOptions::default() });
        assert_eq!((found.len(), objects), expected);
        assert!(found.iter().all(|code| codes.contains(code)));
    }
}

#[test]
fn limits() {
    let huge = GOOD.replace("spec:\n  selector", "spec:\n  replicas: 2147483647\n  selector");
    check(&huge, &[Code::Limit], 0);
    let raised = ReadOptions { replicas_max: i32::MAX, ..ReadOptions::default() };
    assert_eq!(read(huge.as_bytes(), &raised), (vec![], 1));
    check(
        GOOD.replace("spec:\n  selector", "spec:\n  replicas: 2147483648\n  selector"),
        &[Code::WrongType],
        0,
    );

    let small = ReadOptions { input_bytes_max: 100, ..ReadOptions::default() };
    assert_eq!(read(GOOD.as_bytes(), &small), (vec![Code::Limit], 0));
    check(vec![b'a'; 50 << 20], &[Code::Limit], 0);

    for deep in ["[".repeat(100_000), "{\"a\":".repeat(100_000), "- ".repeat(100_000), "? ".repeat(50_000)] {
        let (codes, objects) = read(deep.as_bytes(), &ReadOptions::default());
        assert!(objects == 0 && codes.len() == 1, "{codes:?}");
    }
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_string();
    for i in 1..30 {
        let _ = writeln!(bomb, "a{i}: &a{i} [{}]", vec![format!("*a{}", i - 1); 10].join(", "));
    }
    check(&bomb, &[Code::Limit], 0);
    let merges = (0..200).fold("a0: &a0 {k: v}\n".to_string(), |text, i| {
        format!("{text}a{}: &a{} {{<<: [*a{i}, *a{i}], k{i}: v}}\n", i + 1, i + 1)
    });
    read(merges.as_bytes(), &ReadOptions::default());
}

#[test]
fn large_but_honest() {
    let annotations: String = (0..20_000).map(|i| format!("    key-{i}: value\n")).collect();
    let text = GOOD.replace("  name: web\n", &format!("  name: web\n  annotations:\n{annotations}"));
    let (codes, _) = read(text.as_bytes(), &ReadOptions::default());
    assert!(codes.len() <= 1, "{}", codes.len());
    check(GOOD.replace("example.com/app:v1", &"x".repeat(1 << 20)), &[], 1);
    check(GOOD.replace("name: app", &format!("name: {}", "y".repeat(100_000))), &[Code::Invalid], 0);
    let many = format!("---\n{GOOD}").repeat(2_000);
    assert_eq!(manifest::read("f", many.as_bytes(), &ReadOptions::default()).objects.len(), 2_000);
}

#[test]
fn cut_off_and_changed_anywhere() {
    // Every prefix, and every byte replaced by ones that mean something.
    for end in 0..GOOD.len() {
        read(&GOOD.as_bytes()[..end], &ReadOptions::default());
    }
    for at in (0..GOOD.len()).step_by(3) {
        for byte in [b'\t', b'\n', b'{', b'*', b'&', b'!', b'|', b'%', b':', 0x80, b'"'] {
            let mut bytes = GOOD.as_bytes().to_vec();
            bytes[at] = byte;
            read(&bytes, &ReadOptions::default());
        }
    }
}
