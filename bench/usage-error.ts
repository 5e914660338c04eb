// A mistake on the command line: its message is for whoever typed it, its stack for nobody.

export class UsageError extends Error {}
