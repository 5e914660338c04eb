/** Where a checker says what it found: the property that is broken, and how. */
export type Report = (property: string, detail: string) => void;
