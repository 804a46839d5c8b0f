//! Language models and their tools: a leaked key is used up within hours.

use super::verify::{mixed, mixed_case};
use super::{Harm, Provider, named, provider};

#[rustfmt::skip]
pub(super) const PROVIDERS: &[Provider] = &[
    provider(
        "openai-key", "OpenAI API key",
        &["T3BlbkFJ"], r"sk-(?:(?:proj|svcacct|admin|None)-)?[A-Za-z0-9_-]{20,90}T3BlbkFJ[A-Za-z0-9_-]{20,90}",
        Harm::Great, "https://platform.openai.com/api-keys",
        &["sk-{w:20}T3BlbkFJ{w:20}", "sk-proj-{u:74}T3BlbkFJ{u:73}k"], &["sk-{w:20}T3BlbkFJ{w:5}", "sk-{w:20}"],
    ),
    provider(
        "anthropic-key", "Anthropic API key",
        &["sk-ant-"], r"sk-ant-(?:api|admin|oat|ort)[0-9]{2}-[A-Za-z0-9_-]{80,120}",
        Harm::Great, "https://console.anthropic.com/settings/keys",
        &["sk-ant-api03-{u:92}kAA"], &["sk-ant-api03-{u:20}", "sk-ant-{u:12}"],
    ),
    provider(
        "huggingface-token", "Hugging Face token",
        &["hf_", "api_org_"], r"(?:hf|api_org)_[A-Za-z0-9]{34,37}",
        Harm::Some, "https://huggingface.co/settings/tokens",
        &["hf_{L:34}"], &["hf_{L:12}", "chf_{L:34}"],
    ),
    provider(
        "cohere-key", "Cohere API key",
        &["cohere", "co_api_key"], named!("(?:cohere[a-z0-9_.-]{0,12}(?:key|token)|co_api_key)", "[A-Za-z0-9]{40}"),
        Harm::Some, "https://dashboard.cohere.com/api-keys",
        &["COHERE_API_KEY={w:37}9kA"], &["COHERE_API_KEY={w:8}", "COHERE_MODEL={w:40}"],
    ).checked(mixed_case),
    provider(
        "replicate-token", "Replicate token",
        &["r8_"], r"r8_[A-Za-z0-9]{37,40}",
        Harm::Some, "https://replicate.com/account/api-tokens",
        &["r8_{w:37}"], &["r8_{w:12}"],
    ),
    provider(
        "groq-key", "Groq API key",
        &["gsk_"], r"gsk_[A-Za-z0-9]{52}",
        Harm::Some, "https://console.groq.com/keys",
        &["gsk_{w:52}"], &["gsk_{w:12}"],
    ),
    provider(
        "perplexity-key", "Perplexity API key",
        &["pplx-"], r"pplx-[A-Za-z0-9]{48}",
        Harm::Some, "https://www.perplexity.ai/settings/api",
        &["pplx-{w:48}"], &["pplx-{w:12}"],
    ),
    provider(
        "deepseek-key", "DeepSeek API key",
        &["deepseek"], named!("deepseek[a-z0-9_.-]{0,12}(?:key|token)", "sk-[a-f0-9]{32}"),
        Harm::Some, "https://platform.deepseek.com/api_keys",
        &["DEEPSEEK_API_KEY=sk-{x:32}"], &["DEEPSEEK_API_KEY=sk-{x:5}"],
    ),
    provider(
        "openrouter-key", "OpenRouter API key",
        &["sk-or-v1-"], r"sk-or-v1-[a-f0-9]{64}",
        Harm::Some, "https://openrouter.ai/settings/keys",
        &["sk-or-v1-{x:64}"], &["sk-or-v1-{x:12}"],
    ),
    provider(
        "xai-key", "xAI API key",
        &["xai-"], r"xai-[A-Za-z0-9]{80}",
        Harm::Some, "https://console.x.ai/",
        &["xai-{w:80}"], &["xai-{w:12}"],
    ),
    provider(
        "mistral-key", "Mistral API key",
        &["mistral"], named!("mistral[a-z0-9_.-]{0,12}(?:key|token)", "[A-Za-z0-9]{32}"),
        Harm::Some, "https://console.mistral.ai/api-keys",
        &["MISTRAL_API_KEY={w:29}9kA"], &["MISTRAL_API_KEY={w:8}", "MISTRAL_MODEL={w:32}"],
    ).checked(mixed_case),
    provider(
        "pinecone-key", "Pinecone API key",
        &["pcsk_"], r"pcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{50,70}",
        Harm::Some, "https://app.pinecone.io/",
        &["pcsk_{w:6}_{w:63}"], &["pcsk_{w:6}_{w:10}"],
    ),
    provider(
        "elevenlabs-key", "ElevenLabs API key",
        &["eleven", "xi_api", "xi-api"], named!("(?:eleven_?labs|xi)[a-z0-9_.-]{0,12}key", "sk_[a-f0-9]{48}"),
        Harm::Some, "https://elevenlabs.io/app/settings/api-keys",
        &["ELEVENLABS_API_KEY=sk_{x:48}"], &["ELEVENLABS_API_KEY=sk_{x:8}"],
    ),
    provider(
        "langsmith-key", "LangSmith API key",
        &["lsv2_"], r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}",
        Harm::Some, "https://smith.langchain.com/settings",
        &["lsv2_pt_{x:32}_{x:10}"], &["lsv2_pt_{x:12}"],
    ),
    provider(
        "wandb-key", "Weights & Biases API key",
        &["wandb"], named!("wandb[a-z0-9_.-]{0,12}key", "[a-f0-9]{40}"),
        Harm::Some, "https://wandb.ai/authorize",
        &["WANDB_API_KEY={x:40}"], &["WANDB_API_KEY={x:8}", "WANDB_RUN={x:40}"],
    ).checked(mixed),
    provider(
        "tavily-key", "Tavily API key",
        &["tvly-"], r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{32}",
        Harm::Little, "https://app.tavily.com/",
        &["tvly-{w:32}", "tvly-dev-{w:32}"], &["tvly-{w:8}"],
    ),
    provider(
        "nvidia-key", "NVIDIA API key",
        &["nvapi-"], r"nvapi-[A-Za-z0-9_-]{64}",
        Harm::Some, "https://build.nvidia.com/settings/api-keys",
        &["nvapi-{u:63}k"], &["nvapi-{u:12}"],
    ),
    provider(
        "assemblyai-key", "AssemblyAI API key",
        &["assemblyai", "aai_api"], named!("(?:assemblyai|aai)[a-z0-9_.-]{0,12}key", "[a-f0-9]{32}"),
        Harm::Some, "https://www.assemblyai.com/app/api-keys",
        &["ASSEMBLYAI_API_KEY={x:32}"], &["ASSEMBLYAI_API_KEY={x:8}"],
    ).checked(mixed),
];
