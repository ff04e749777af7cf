//! A program and its engine in one component: same bytes each time, same answers as the program.

use belljar::{Belljar, LoadError, Outcome, RunOptions};

#[test]
fn the_same_source_gives_the_same_component_and_the_same_answer() {
    let source = br#"/** Squares. */
        const table: number[] = [];
        for (let n = 0; n < 1000; n++) table.push(n * n);
        let calls = 0;
        export default function run({ n }: { n: number }) {
            calls++;
            return { square: table[n], calls, random: Math.random() === Math.random(), year: new Date().getFullYear() > 2000 };
        }"#;
    let jar = Belljar::builder().compiler(env!("CARGO_BIN_EXE_belljar-compiler")).no_cache().build().unwrap();
    let tool = jar.load("squares.ts", source).expect("it compiles");
    let component = jar.standalone(&tool).expect("it loads");
    assert!(jar.standalone(&tool).expect("it loads") == component, "two snapshots differ");
    let standalone = jar.load("squares.wasm", &component).expect("the component is admitted");
    assert_eq!(standalone.manifest(), tool.manifest());
    for tool in [&tool, &standalone, &standalone] {
        let report = jar.run_blocking(tool, r#"{"n":12}"#, RunOptions::default()).expect("the input fits");
        assert_eq!(
            report.output.as_deref(),
            Some(r#"{"square":144,"calls":1,"random":false,"year":true}"#),
            "{report:?}"
        );
    }
    let report = jar.run_blocking(&standalone, r#"{"n":"x"}"#, RunOptions::default());
    assert!(report.is_err(), "the schema is part of the component");
}

#[test]
fn a_top_level_that_throws_is_named() {
    let jar = Belljar::builder().compiler(env!("CARGO_BIN_EXE_belljar-compiler")).no_cache().build().unwrap();
    let tool = jar.load("bad.ts", b"type T = string;\nthrow new Error('no luck');\nexport default () => 1;").unwrap();
    let error = jar.standalone(&tool).unwrap_err();
    assert!(matches!(error, LoadError::Unloadable { .. }));
    assert!(error.to_string().contains("no luck") && error.to_string().contains("bad.ts:2:"), "{error}");
    let report = jar.run_blocking(&tool, "{}", RunOptions::default()).expect("any input fits");
    assert_eq!(report.outcome, Outcome::Crashed);
}

/// A tool whose compiled lines are not its author's: what TypeScript has and JavaScript has not comes first.
const THROWS: &str = r#"interface Order {
    id: number;
    lines: string[];
}

type Checked = Order & { checked: true };

function check(order: Order): Checked {
    if (order.lines.length === 0) {
        throw new RangeError("an order has lines");
    }
    return { ...order, checked: true };
}

export default function run(order: Order): Checked {
    return check(order);
}
"#;

#[test]
fn a_standalone_tool_names_its_authors_lines() {
    let jar = Belljar::builder().compiler(env!("CARGO_BIN_EXE_belljar-compiler")).no_cache().build().unwrap();
    let program = jar.load("some folder/order.ts", THROWS.as_bytes()).expect("it compiles");
    let component = jar.standalone(&program).expect("it loads");
    let standalone = jar.load("whatever.wasm", &component).expect("the component is admitted");
    let report = jar.run_blocking(&standalone, r#"{"id":1,"lines":[]}"#, RunOptions::default()).expect("it fits");
    assert_eq!(report.outcome, Outcome::Crashed);
    assert!(report.stack.contains("order.ts:10:"), "the throw is in line 10:\n{}", report.stack);
    assert!(report.stack.contains("order.ts:16:"), "the call is in line 16:\n{}", report.stack);
    let same = jar.run_blocking(&program, r#"{"id":1,"lines":[]}"#, RunOptions::default()).expect("it fits");
    assert_eq!(same.stack.replace("some folder/", ""), report.stack, "a program's stack is its component's");

    let elsewhere = jar.load("another/place/order.ts", THROWS.as_bytes()).expect("it compiles");
    assert!(jar.standalone(&elsewhere).expect("it loads") == component, "the place is in the bytes");
}

#[test]
fn a_standalone_tool_in_javascript_needs_no_positions() {
    let jar = Belljar::builder().compiler(env!("CARGO_BIN_EXE_belljar-compiler")).no_cache().build().unwrap();
    let program = jar.load("bare.js", b"\n\nexport default () => { throw new Error('here') }").expect("it compiles");
    let component = jar.standalone(&program).expect("it loads");
    assert!(!component.windows(17).any(|bytes| bytes == b"belljar:positions"));
    let standalone = jar.load("bare.wasm", &component).expect("the component is admitted");
    let report = jar.run_blocking(&standalone, "{}", RunOptions::default()).expect("it fits");
    assert!(report.stack.contains("bare.js:3:"), "{}", report.stack);
}
