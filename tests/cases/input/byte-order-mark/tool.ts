export default ({ a }: { a: number }) => a;
