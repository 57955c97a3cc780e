"""What can be told by its form and the words around it, kind by kind: each module has a function `find`."""
