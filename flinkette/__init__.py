"""Stream processing for Python with Apache Flink's programming model and no JVM."""

__version__ = "0.1.0"
__all__ = ["__version__"]
