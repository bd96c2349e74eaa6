"""Text to graph: tables made from the grammar, lexer, automaton, what people mistype, builder."""
