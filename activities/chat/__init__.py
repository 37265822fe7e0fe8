"""Adapters that ask a server which speaks the OpenAI chat API, such as llama.cpp, Ollama or vLLM."""
