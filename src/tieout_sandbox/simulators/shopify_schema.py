"""What of Shopify's published GraphQL schema is used here, with its names and types, and how a query is run by it.

graphql-core runs the queries, so what the real one would refuse for its shape is refused.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
    validate,
)

SDL = """
scalar DateTime
scalar JSON
scalar Decimal
type MoneyV2 { amount: Decimal! currencyCode: String! }
type MoneyBag { shopMoney: MoneyV2! presentmentMoney: MoneyV2! }
type TaxLine { title: String! rate: Float channelLiable: Boolean priceSet: MoneyBag! }
enum CountryCode { AT DE FR GB IT US }
type MailingAddress { countryCodeV2: CountryCode provinceCode: String }
type CustomerEmailAddress { emailAddress: String! }
type Customer { id: ID! displayName: String! defaultEmailAddress: CustomerEmailAddress }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type FulfillmentLineItem { id: ID! quantity: Int lineItem: LineItem! }
type FulfillmentLineItemConnection { nodes: [FulfillmentLineItem!]! }
type PaymentTerms { id: ID! paymentTermsType: String! }
enum RefundLineItemRestockType { CANCEL LEGACY_RESTOCK NO_RESTOCK RETURN }
type Fulfillment { id: ID! createdAt: DateTime! deliveredAt: DateTime status: String!
  fulfillmentLineItems(first: Int): FulfillmentLineItemConnection! }
type LineItem { id: ID! name: String! sku: String quantity: Int! isGiftCard: Boolean!
  discountedTotalSet(withCodeDiscounts: Boolean): MoneyBag! taxLines(first: Int): [TaxLine!]! }
type LineItemConnection { nodes: [LineItem!]! pageInfo: PageInfo! }
type ShippingLine { id: ID title: String! discountedPriceSet: MoneyBag! taxLines: [TaxLine!]! }
type ShippingLineConnection { nodes: [ShippingLine!]! }
type RefundLineItem { quantity: Int! restockType: RefundLineItemRestockType! subtotalSet: MoneyBag! totalTaxSet: MoneyBag! lineItem: LineItem! }
type RefundLineItemConnection { nodes: [RefundLineItem!]! }
type RefundShippingLine { subtotalAmountSet: MoneyBag! taxAmountSet: MoneyBag! shippingLine: ShippingLine! }
type RefundShippingLineConnection { nodes: [RefundShippingLine!]! }
enum OrderAdjustmentDiscrepancyReason { CUSTOMER DAMAGE PENDING_REFUND_DISCREPANCY REFUND_DISCREPANCY RESTOCK }
type OrderAdjustment { id: ID! reason: OrderAdjustmentDiscrepancyReason amountSet: MoneyBag! taxAmountSet: MoneyBag! }
type OrderAdjustmentConnection { nodes: [OrderAdjustment!]! }
type OrderTransactionConnection { nodes: [OrderTransaction!]! }
type Refund { id: ID! createdAt: DateTime updatedAt: DateTime! totalRefundedSet: MoneyBag!
  refundLineItems(first: Int): RefundLineItemConnection!
  refundShippingLines(first: Int): RefundShippingLineConnection!
  orderAdjustments(first: Int): OrderAdjustmentConnection!
  transactions(first: Int): OrderTransactionConnection! }
type OrderTransaction { id: ID! gateway: String kind: String! status: String! processedAt: DateTime
  amountSet: MoneyBag! }
type Order { id: ID! name: String! createdAt: DateTime! updatedAt: DateTime! processedAt: DateTime!
  cancelledAt: DateTime test: Boolean! sourceName: String displayFinancialStatus: String
  displayFulfillmentStatus: String! paymentTerms: PaymentTerms fulfillments(first: Int): [Fulfillment!]!
  currencyCode: String! taxesIncluded: Boolean! customer: Customer totalPriceSet: MoneyBag!
  displayAddress: MailingAddress
  totalTipReceivedSet: MoneyBag!
  lineItems(first: Int): LineItemConnection! shippingLines(first: Int): ShippingLineConnection!
  refunds(first: Int): [Refund!]! transactions(first: Int): [OrderTransaction!]! }
type OrderConnection { nodes: [Order!]! pageInfo: PageInfo! }
enum OrderSortKeys { UPDATED_AT CREATED_AT ID }
type Shop { name: String! currencyCode: String! ianaTimezone: String! }
type ShopifyqlTableDataColumn { name: String! }
type ShopifyqlTableData { columns: [ShopifyqlTableDataColumn!]! rows: JSON! }
type ShopifyqlQueryResponse { parseErrors: [String!]! tableData: ShopifyqlTableData }
type Query {
  shop: Shop!
  orders(first: Int, after: String, query: String, sortKey: OrderSortKeys): OrderConnection!
  shopifyqlQuery(query: String!): ShopifyqlQueryResponse
}
"""


@cache
def _schema() -> GraphQLSchema:
    return build_schema(SDL)


@lru_cache(maxsize=64)
def _query(text: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """A query as it is run, or what is wrong with it: the same few are asked again and again."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, (error,)
    return document, tuple(validate(_schema(), document))


def asked(text: str, root: dict[str, Any], variables: dict[str, Any] | None) -> ExecutionResult:
    """What a query is answered; what the schema would refuse for its shape is among the errors."""
    document, errors = _query(text)
    if document is None or errors:
        return ExecutionResult(data=None, errors=list(errors))
    return execute_sync(_schema(), document, root_value=root, variable_values=variables)
