// Everything of getty-connect.
#pragma once

#include <getty/connect/client.hpp>
#include <getty/connect/completion.hpp>
#include <getty/connect/error.hpp>
#include <getty/connect/id_source.hpp>
#include <getty/connect/image.hpp>
#include <getty/connect/observer.hpp>
#include <getty/connect/options.hpp>
#include <getty/connect/outcome.hpp>
#include <getty/connect/outcome_stream.hpp>
#include <getty/connect/result.hpp>
#include <getty/connect/secret.hpp>
#include <getty/connect/sharded_client.hpp>
#include <getty/connect/version.hpp>
