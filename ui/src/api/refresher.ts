// Asks anew for what went stale, no faster than it can be answered.

const INTERVAL_MS = 1_000;

/**
 * At once, but each key at most once a second, and not while an answer is on its way: a change that comes meanwhile is
 * asked for afterwards. Cancelling instead would leave a page without any answer when those take longer than the events.
 */
export class Refresher {
  private readonly resting = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly waiting = new Set<string>();

  constructor(
    private readonly refresh: (key: string) => void,
    private readonly isUnderWay: (key: string) => boolean,
  ) {}

  stale(key: string) {
    this.waiting.add(key);
    if (!this.resting.has(key)) this.run(key);
  }

  stop() {
    for (const timer of this.resting.values()) clearTimeout(timer);
    this.resting.clear();
    this.waiting.clear();
  }

  private run(key: string) {
    if (!this.isUnderWay(key)) {
      this.waiting.delete(key);
      this.refresh(key);
    }
    const rested = () => {
      this.resting.delete(key);
      if (this.waiting.has(key)) this.run(key);
    };
    this.resting.set(key, setTimeout(rested, INTERVAL_MS));
  }
}
