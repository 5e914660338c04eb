/** Lets the runtime go on for a moment of real time, about a millisecond, whatever the objects' clocks say. */
export const look = (): Promise<void> => scheduler.wait(0);
