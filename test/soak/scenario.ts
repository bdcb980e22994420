/** What a scenario of the soak is. */

/** What the command line says. */
export interface SoakOptions {
  /** How long the scenarios that take as long as one likes go on. */
  minutes: number;
  /** The share of the numbers of the acceptance table (100,000 due, 10,000 events, 20 kills); 1 outside of trials. */
  scale: number;
  /** What chance begins with: the same seed kills the same things in the same order. */
  seed: number;
  /** Tells what goes on. */
  say: (line: string) => void;
}

/** What a scenario measured, and one sentence for each bound that it broke. */
export interface Outcome {
  figures: Record<string, unknown>;
  broken: string[];
}

/** One scenario: builds its own ground and takes it away again. */
export type Scenario = (options: SoakOptions) => Promise<Outcome>;
