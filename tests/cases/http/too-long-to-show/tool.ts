export default () => fetch("https://example.com/" + "x".repeat(20_000));
