"""Who else holds the arrays that a user's function returned."""

from typing import Any

def shared_names(returned: list[dict[Any, Any]]) -> set[Any]:
    """Names of the values that somebody besides the dict refers to.

    Parameters
    ----------
    returned
        A list whose only item is the dict, written as `[function(...)]`, so that nothing but the
        list refers to a dict that the function has let go of. Then all names are in the result
        if somebody else refers to the dict.
    """
