//! `belljar-bindgen IN.wasm FOLDER NAME`: what the program `wasm-bindgen --target web` does, as a dependency that
//! `Cargo.lock` pins, so that nobody has to install it.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, folder, name] = arguments.as_slice() else {
        eprintln!("usage: belljar-bindgen IN.wasm FOLDER NAME");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(name).typescript(true).omit_default_module_path(true);
    let made = bindgen.web(true).and_then(|bindgen| bindgen.generate(folder));
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("belljar-bindgen: {module}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
