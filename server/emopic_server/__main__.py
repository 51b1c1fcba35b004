"""`python -m emopic_server` is `emopic`."""

from emopic_server.cli import main

if __name__ == "__main__":
    main()
