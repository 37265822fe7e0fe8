"""Adapters for servers with the OpenAI chat API, such as llama.cpp, Ollama or vLLM."""
