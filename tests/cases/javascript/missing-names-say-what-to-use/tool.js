export default ({ name = "Temporal" }) => Temporal.Now.plainDateISO();
