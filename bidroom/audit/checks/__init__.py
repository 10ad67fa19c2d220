"""The checks, one a module, in the order of docs/log.md. None leans on another's result, so several can be red."""
