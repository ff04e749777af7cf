const work = async (): Promise<number> => { throw new Error("the real reason"); };
export default () => new Promise((resolve) => { work().then(resolve); });
