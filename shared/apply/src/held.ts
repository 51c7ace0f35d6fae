/** Things to dispose of together, last first. (`DisposableStack` is not in Node 20.) */
export class Held implements Disposable {
  readonly #disposers: (() => void)[] = [];

  use<T extends Disposable>(thing: T): T {
    this.defer(() => thing[Symbol.dispose]());
    return thing;
  }

  defer(dispose: () => void): void {
    this.#disposers.push(dispose);
  }

  [Symbol.dispose](): void {
    for (const dispose of this.#disposers.splice(0).reverse()) dispose();
  }
}
