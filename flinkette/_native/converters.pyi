from typing import Any

from flinkette._native.values import Converter

def converter_for(spec: tuple[Any, ...]) -> Converter: ...
