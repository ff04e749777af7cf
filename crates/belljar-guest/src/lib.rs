//! belljar-guest
