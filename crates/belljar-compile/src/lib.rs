//! belljar-compile
