"""Asks a service for every row: a hundred questions under way at once, repeated when it is busy.

The service is a small TCP server in a thread of this program. It needs a tenth of a second for an
answer and says "busy" to every fifth question. One question after the other, 200 rows would take
20 seconds; with up to 100 in flight in each subtask, answers leave in the order of the rows after
less than a second.

    rows       ── town ──►  AsyncDataStream.ordered_wait_with_retry  ── (town, weather) ──►
                               │   ▲   up to 100 questions in flight
                               ▼   │   an answer "busy": again after 50 ms
                             service

Run it with ``python examples/async_calls.py``.
"""

from __future__ import annotations

import asyncio
import threading

from flinkette.common import Time, Types
from flinkette.datastream import AsyncDataStream, StreamExecutionEnvironment
from flinkette.datastream.async_retry_predicates import empty_result_predicate
from flinkette.datastream.async_retry_strategies import FixedDelayRetryStrategy
from flinkette.datastream.functions import AsyncFunction, RuntimeContext

WEATHER = ["sun", "rain", "wind", "snow"]
TOWNS = [f"town {number}" for number in range(200)]


class Service:
    """Answers a line with a town by a line with its weather."""

    def __init__(self) -> None:
        self.port = 0
        self.questions = 0
        self._is_listening = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._is_listening.wait()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, backlog=500)
        self.port = server.sockets[0].getsockname()[1]
        self._is_listening.set()
        await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = int((await reader.readline()).split()[1])
        self.questions += 1
        is_busy = self.questions % 5 == 0
        await asyncio.sleep(0.1)
        writer.write(b"busy\n" if is_busy else f"{WEATHER[number % 4]}\n".encode())
        writer.close()


class AskForWeather(AsyncFunction[str, tuple[str, str]]):
    """Gives (town, weather), or nothing if the service was busy."""

    def __init__(self, port: int) -> None:
        self.port = port

    def open(self, runtime_context: RuntimeContext) -> None:
        # also where an HTTP client is made: an event loop runs here
        self.host = "127.0.0.1"

    async def async_invoke(self, value: str) -> list[tuple[str, str]]:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(f"{value}\n".encode())
        answer = (await reader.readline()).decode().strip()
        writer.close()
        return [] if answer == "busy" else [(value, answer)]


def main() -> None:
    """Print what the weather is like in some towns, and how many have which."""
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    service = Service()
    again = FixedDelayRetryStrategy(20, 50, empty_result_predicate, None)
    weather = AsyncDataStream.ordered_wait_with_retry(
        env.from_collection(TOWNS, type_info=Types.STRING()),
        AskForWeather(service.port),
        timeout=Time.seconds(60),
        async_retry_strategy=again,
        capacity=100,
        output_type=Types.TUPLE([Types.STRING(), Types.STRING()]),
    )
    found = list(weather.execute_and_collect("weather"))
    for town, kind in found[:4]:
        print(f"{town}: {kind}")
    for kind in WEATHER:
        print(f"{kind}: {sum(1 for _, each in found if each == kind)} towns")
    print("in order:", [town for town, _ in found] == TOWNS)
    print("the service was asked more than once for some:", service.questions > len(TOWNS))


if __name__ == "__main__":
    main()
