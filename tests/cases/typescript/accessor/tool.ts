class P {
  accessor name: string = "n"; static accessor count = 3;
  public accessor "with space" = 1;
}
export default () => { const p = new P(); p.name += "!"; return [p.name, P.count, p["with space"], Object.keys(p)]; };
