class Item {
  constructor(readonly name: string) {}
}
class Cart extends Item {
  total = this.prices.reduce((a, b) => a + b, 0);
  label = `${this.name}: ${this.total}`;
  empty?: string;
  static made = 0;
  constructor(private prices: number[], name: string) {
    super(name.toUpperCase());
    Cart.made++;
  }
}
// No field of this one reads a parameter: it is the standard's own order.
class Plain {
  names = ["name" in this, "late" in this];
  late?: string;
  constructor(readonly name: string) {}
}

export default function run({ prices }: { prices: number[] }) {
  const cart = new Cart(prices, "cart");
  return { total: cart.total, label: cart.label, made: Cart.made, plain: new Plain("p").names.length };
}
