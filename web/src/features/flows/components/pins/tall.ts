/** All of one height, head and body: nothing moves when their content comes. */
export const tall = "h-72";
