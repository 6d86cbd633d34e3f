/** The machine that the jobs run on: where things are there, all by absolute paths. */
export interface Machine {
  node: string;
  script: string;
  /** Where a program of the person's runs: the folder in which the schedule was made. */
  folder: string;
  /** Holds DATABASE_URL and whatever else the jobs find in their environment. */
  environmentFile: string;
  /** Variables that are set for the person who makes the schedule, and which the jobs would not have by themselves. */
  variables: readonly string[];
  /** Who runs the jobs. */
  user?: string | undefined;
  /** Where the jobs' output is appended. */
  logFile?: string | undefined;
}
