export default function run({ name }: { name: string }) {
  return String(<div className="x">Hello {name}</div>);
}
