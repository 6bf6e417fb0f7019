// SPDX-License-Identifier: Apache-2.0
// What Boost.Asio has for TLS, compiled once for the whole program (BOOST_ASIO_SEPARATE_COMPILATION).
#include <boost/asio/ssl/impl/src.hpp>
