"""Which boxes a picture has: all, or those on the paths that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graphdiff.graph import Graph

# For each node that is a box, in topological order, the boxes that its formula uses.
Links = dict[int, list[int]]


def narrowed(graph: Graph, links: Links, of: Sequence[str], wrt: Sequence[str], only: Sequence[str]) -> Links:
    """The part of the links that is drawn for `of`, `wrt` and `only`, see `picture`."""
    kept = set(links)
    if of:
        kept = _below(links, map(graph.node, of))
    if only or wrt:
        on_paths = kept & _below(links, map(graph.node, of or graph.outputs))
        on_paths &= _above(links, map(graph.node, only or wrt))
        starts = {graph.node(name) for name in (*only, *wrt)}
        kept = on_paths | starts
        if not only:
            kept |= {k for node in on_paths - starts for k in links[node]}
    return {node: [k for k in used if k in kept] for node, used in links.items() if node in kept}


def _below(links: Links, nodes: Iterable[int]) -> set[int]:
    """These nodes and all that they depend on."""
    found = set(nodes)
    for node in reversed(links):
        if node in found:
            found.update(links[node])
    return found


def _above(links: Links, nodes: Iterable[int]) -> set[int]:
    """These nodes and all that depends on them."""
    found = set(nodes)
    for node, used in links.items():
        if not found.isdisjoint(used):
            found.add(node)
    return found
