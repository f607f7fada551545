// How much of a graph is drawn while it moves: as much as comes in time for the next frame; all of it once it rests.

const REST_MS = 150;
/** Between two frames of a movement; a longer gap is a pause. */
const LONGEST_MS = 400;
const LATE_MS = 21;
const LEAST = 0.02;

export class Detail {
  private portion = 1;
  private last = 0;
  private isMoving = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly onRest: () => void) {}

  /** Called with each movement. */
  moving() {
    if (!this.isMoving) this.last = 0;
    this.isMoving = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.isMoving = false;
      this.onRest();
    }, REST_MS);
  }

  /** The share of the edges to draw in the frame that begins now, in milliseconds. */
  share(now: number): number {
    if (!this.isMoving) return 1;
    const interval = now - this.last;
    if (this.last > 0 && interval < LONGEST_MS) {
      if (interval > LATE_MS) this.portion = Math.max(LEAST, this.portion * 0.6);
      else this.portion = Math.min(1, this.portion * 1.03);
    }
    this.last = now;
    return this.portion;
  }

  stop() {
    clearTimeout(this.timer);
  }
}
