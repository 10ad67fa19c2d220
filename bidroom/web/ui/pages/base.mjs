// What every page needs.
import "./shell.mjs";
import "./acting.mjs";
