export default () => { throw { reason: "x" }; };
