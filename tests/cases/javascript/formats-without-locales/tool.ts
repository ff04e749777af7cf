export default () => [
  (1234567.891).toLocaleString(),
  (0.256).toLocaleString("en-US", { style: "percent" }),
  new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" }).format(-1234.5),
  new Date(0).toLocaleDateString("en-US", { weekday: "long", month: "long", day: "numeric", year: "numeric" }),
  new Date(0).toLocaleString(),
  ["ä", "Z", "a", "b10", "b9"].sort((a, b) => a.localeCompare(b, undefined, { numeric: true })),
];
