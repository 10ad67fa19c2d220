"""The seal, its signatures, certificates, trees and notes: no clock, no network, no server."""
