//! Compiles tools for programs that embed Belljar and cannot start themselves again: `Builder::compiler` names it. It does
//! nothing on its own.

fn main() {
    belljar::compile_server();
    eprintln!("belljar-compiler is started by programs that embed Belljar: see Builder::compiler");
    std::process::exit(2);
}
