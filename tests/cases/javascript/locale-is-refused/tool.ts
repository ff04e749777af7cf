export default () => new Date(0).toLocaleString("en-US", { timeZone: "America/New_York" });
