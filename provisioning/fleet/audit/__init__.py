"""The audit's proof: signed anchors that can be given away, and looking along the chain whether anything was changed."""
