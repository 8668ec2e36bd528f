"""Papers for auditors. `pdf` draws them; it is loaded by whoever draws one, since its library is a large one."""

from tieout.papers.closing import paper_of_close
from tieout.papers.paper import Made, Paper, instant
from tieout.papers.proving import paper_of_payout, paper_of_tie_out
from tieout.papers.surveying import paper_of_survey

__all__ = [
    "Made",
    "Paper",
    "instant",
    "paper_of_close",
    "paper_of_payout",
    "paper_of_survey",
    "paper_of_tie_out",
]
