/** At most so many at a time, the others in order. A browser has six connections to a server; long polls must not take all. */
export class Slots {
  #free;
  #waiting = [];

  constructor(count) { this.#free = count; }

  async run(work) {
    if (this.#free > 0) this.#free--;
    else await new Promise((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
