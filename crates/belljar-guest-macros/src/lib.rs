//! belljar-guest-macros
