export default () => { let s = "x".repeat(1 << 20); for (;;) s += s; };
