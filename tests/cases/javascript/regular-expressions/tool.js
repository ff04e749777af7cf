export default () => {
  const groups = Array.from({ length: 300 }, (_, i) => `(?<g${i}>w${i}x)`);
  const named = new RegExp(`^(?:${groups.join("|")})$`).exec("w277x");
  const many = new RegExp("(a)".repeat(1000) + "\\1000").exec("a".repeat(1001));
  const dash = ["-", "a-b", "=-=", "&&", "--", "@@", "a|b-"].map((source) => new RegExp(source, "v").test("a-b =-= && -- @@"));
  const refused = ["[-]", "[a-]", "[&&b]", "[(]", "[a|b]"].map((source) => {
    try { return String(new RegExp(source, "v")); } catch (e) { return e.name; }
  });
  return { named: named.groups.g277, other: named.groups.g1 === undefined, many: many.length, dash, refused };
};
