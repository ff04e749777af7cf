//! What a tool prints is on its console.

mod inner {
    pub fn print() {
        println!("two {}", "three");
    }
}

#[belljar::tool]
fn run() -> String {
    println!("one {}", 1); println!();
    inner::print();
    eprintln!("wrong");
    let _ = dbg!(1 + 1);
    print!("be");
    print!("gun");
    "done".into()
}
