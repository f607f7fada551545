// Where credentials come from that are not written in a file: programs, the container's agent, the machine's metadata.
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/http_client.h"
#include "base/result.h"
#include "connect/aws/signer.h"

namespace capstan::aws {

using Environment = std::map<std::string, std::string, std::less<>>;

// The value of a variable, "" when it is not set.
std::string_view variable(const Environment& environment, std::string_view name);

// The JSON that programs and agents answer with: AccessKeyId, SecretAccessKey, SessionToken or Token, Expiration.
// Errors say what was expected and nothing that was found.
Result<Credentials> read_credential_answer(std::string_view text, std::string_view source);

// Runs a `credential_process`, for at most a minute.
Result<Credentials> ask_process(const std::string& command, const Environment& environment, const Clock& clock,
                                const std::stop_token& stop);

// What AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI names: ECS, EKS Pod Identity, CloudShell. kNotFound when
// neither is set. Plain HTTP is spoken with this machine and the agents' own addresses only.
Result<Credentials> ask_container_agent(const Environment& environment, HttpClient& http, const std::stop_token& stop);

// The role of the EC2 machine, by version 2 of its metadata service. kNotFound where there is none, or when
// AWS_EC2_METADATA_DISABLED is true.
Result<Credentials> ask_instance_metadata(const Environment& environment, HttpClient& http,
                                          const std::stop_token& stop);

}  // namespace capstan::aws
