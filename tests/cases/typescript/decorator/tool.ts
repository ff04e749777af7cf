function logged(f: unknown) { return f; }
class S { @logged hi() { return 1; } }
export default () => new S().hi();
