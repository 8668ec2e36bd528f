"""What of Shopify's published GraphQL schema (Admin 2026-07) is used here, with its names and types, how a query is run by it, and
what it costs.

graphql-core runs the queries, so what the real one would refuse for its shape is refused. Enumerations of more than thirty values
are scalars here; a test holds all of it against the schema that Shopify publishes.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    execute_sync,
    parse,
    validate,
    value_from_ast_untyped,
)

SDL = """
scalar BigInt
scalar DateTime
scalar Decimal
scalar JSON
scalar UnsignedInt64
enum BalanceTransactionSortKeys { AMOUNT FEE ID NET ORDER_NAME PAYMENT_METHOD_NAME PAYOUT_DATE PAYOUT_STATUS PROCESSED_AT TRANSACTION_TYPE }
scalar CountryCode
scalar CurrencyCode
enum FulfillmentStatus { CANCELLED ERROR FAILURE OPEN PENDING SUCCESS }
enum OrderAdjustmentDiscrepancyReason { CUSTOMER DAMAGE FULL_RETURN_BALANCING_ADJUSTMENT PENDING_REFUND_DISCREPANCY REFUND_DISCREPANCY RESTOCK }
enum OrderDisplayFinancialStatus { AUTHORIZED EXPIRED PAID PARTIALLY_PAID PARTIALLY_REFUNDED PENDING REFUNDED VOIDED }
enum OrderDisplayFulfillmentStatus { FULFILLED IN_PROGRESS ON_HOLD OPEN PARTIALLY_FULFILLED PENDING_FULFILLMENT REQUEST_DECLINED RESTOCKED SCHEDULED UNFULFILLED }
enum OrderSortKeys { CREATED_AT CURRENT_TOTAL_PRICE CUSTOMER_NAME DESTINATION FINANCIAL_STATUS FULFILLMENT_STATUS ID ORDER_NUMBER PO_NUMBER PROCESSED_AT RELEVANCE TOTAL_ITEMS_QUANTITY TOTAL_PRICE UPDATED_AT }
enum OrderTransactionKind { AUTHORIZATION CAPTURE CHANGE EMV_AUTHORIZATION REFUND SALE SUGGESTED_REFUND VOID }
enum OrderTransactionStatus { AWAITING_RESPONSE ERROR FAILURE PENDING SUCCESS UNKNOWN }
enum PaymentTermsType { FIXED FULFILLMENT NET RECEIPT UNKNOWN }
enum PayoutSortKeys { ADJUSTMENT_GROSS ADVANCE_GROSS AMOUNT CHARGE_GROSS DUTIES_GROSS FEE_AMOUNT ID ISSUED_AT REFUND_GROSS SHIPPING_LABEL_GROSS STATUS }
enum RefundLineItemRestockType { CANCEL LEGACY_RESTOCK NO_RESTOCK RETURN }
enum ShopifyPaymentsPayoutStatus { CANCELED FAILED IN_TRANSIT PAID SCHEDULED }
enum ShopifyPaymentsPayoutTransactionType { DEPOSIT WITHDRAWAL }
enum DisputeStatus { ACCEPTED CHARGE_REFUNDED LOST NEEDS_RESPONSE PREVENTED UNDER_REVIEW WON }
enum DisputeType { CHARGEBACK INQUIRY }
scalar ShopifyPaymentsDisputeReason
enum ShopifyPaymentsSourceType { ADJUSTMENT ADJUSTMENT_REVERSAL CHARGE DISPUTE REFUND SYSTEM_ADJUSTMENT TRANSFER }
scalar ShopifyPaymentsTransactionType
type AccessScope { handle: String! }
type AdditionalFee { id: ID! name: String! price: MoneyBag! taxLines: [TaxLine!]! }
type AppInstallation { accessScopes: [AccessScope!]! }
type CashRoundingAdjustment { paymentSet: MoneyBag! refundSet: MoneyBag! }
type Count { count: Int! }
type Customer { defaultEmailAddress: CustomerEmailAddress displayName: String! id: ID! }
type CustomerEmailAddress { emailAddress: String! }
type DiscountAllocation { allocatedAmountSet: MoneyBag! }
type Duty { id: ID! price: MoneyBag! taxLines: [TaxLine!]! }
type Fulfillment {
  createdAt: DateTime! deliveredAt: DateTime fulfillmentLineItems(after: String, first: Int):
  FulfillmentLineItemConnection! id: ID! status: FulfillmentStatus!
}
type FulfillmentLineItem { lineItem: LineItem! quantity: Int }
type FulfillmentLineItemConnection { nodes: [FulfillmentLineItem!]! pageInfo: PageInfo! }
type LineItem {
  discountAllocations: [DiscountAllocation!]! discountedTotalSet: MoneyBag! duties: [Duty!]! id: ID! isGiftCard:
  Boolean! name: String! originalTotalSet: MoneyBag! quantity: Int! requiresShipping: Boolean! sku: String
  taxLines: [TaxLine!]!
}
type LineItemConnection { nodes: [LineItem!]! pageInfo: PageInfo! }
type MailingAddress { countryCodeV2: CountryCode provinceCode: String }
type MoneyBag { shopMoney: MoneyV2! }
type MoneyV2 { amount: Decimal! currencyCode: CurrencyCode! }
interface Node { id: ID! }
type Order implements Node {
  additionalFees: [AdditionalFee!]! cancelledAt: DateTime createdAt: DateTime! currencyCode: CurrencyCode!
  currentTotalPriceSet: MoneyBag! customer: Customer displayAddress: MailingAddress displayFinancialStatus:
  OrderDisplayFinancialStatus displayFulfillmentStatus: OrderDisplayFulfillmentStatus! fulfillments(first: Int):
  [Fulfillment!]! fulfillmentsCount: Count id: ID! lineItems(after: String, first: Int): LineItemConnection!
  name: String! paymentTerms: PaymentTerms presentmentCurrencyCode: CurrencyCode! processedAt: DateTime!
  refunds(first: Int): [Refund!]! shippingLines(after: String, first: Int, includeRemovals: Boolean):
  ShippingLineConnection! sourceName: String taxesIncluded: Boolean! test: Boolean! totalCashRoundingAdjustment:
  CashRoundingAdjustment! totalOutstandingSet: MoneyBag! totalPriceSet: MoneyBag! totalTipReceivedSet: MoneyBag!
  transactions(first: Int): [OrderTransaction!]! transactionsCount: Count updatedAt: DateTime!
}
type OrderAdjustment {
  amountSet: MoneyBag! id: ID! reason: OrderAdjustmentDiscrepancyReason taxAmountSet: MoneyBag!
}
type OrderAdjustmentConnection { nodes: [OrderAdjustment!]! pageInfo: PageInfo! }
type OrderConnection { nodes: [Order!]! pageInfo: PageInfo! }
type OrderTransaction {
  amountRoundingSet: MoneyBag amountSet: MoneyBag! gateway: String id: ID! kind: OrderTransactionKind!
  parentTransaction: OrderTransaction processedAt: DateTime status: OrderTransactionStatus! test: Boolean!
}
type OrderTransactionConnection { nodes: [OrderTransaction!]! pageInfo: PageInfo! }
type PageInfo { endCursor: String hasNextPage: Boolean! }
type PaymentTerms { paymentTermsType: PaymentTermsType! }
type Refund {
  createdAt: DateTime duties: [RefundDuty!] id: ID! orderAdjustments(after: String, first: Int):
  OrderAdjustmentConnection! refundLineItems(after: String, first: Int): RefundLineItemConnection!
  refundShippingLines(after: String, first: Int): RefundShippingLineConnection! return: Return totalRefundedSet:
  MoneyBag! transactions(after: String, first: Int): OrderTransactionConnection! updatedAt: DateTime!
}
type RefundDuty { amountSet: MoneyBag! originalDuty: Duty }
type RefundLineItem {
  lineItem: LineItem! quantity: Int! restockType: RefundLineItemRestockType! subtotalSet: MoneyBag! totalTaxSet:
  MoneyBag!
}
type RefundLineItemConnection { nodes: [RefundLineItem!]! pageInfo: PageInfo! }
type RefundShippingLine { id: ID! shippingLine: ShippingLine! subtotalAmountSet: MoneyBag! taxAmountSet: MoneyBag! }
type RefundShippingLineConnection { nodes: [RefundShippingLine!]! pageInfo: PageInfo! }
type RestockingFee { amountSet: MoneyBag! id: ID! }
type Return {
  id: ID! returnLineItems(after: String, first: Int): ReturnLineItemTypeConnection! returnShippingFees:
  [ReturnShippingFee!]!
}
type ReturnLineItem implements ReturnLineItemType { id: ID! restockingFee: RestockingFee }
interface ReturnLineItemType { id: ID! }
type ReturnLineItemTypeConnection { nodes: [ReturnLineItemType!]! pageInfo: PageInfo! }
type ReturnShippingFee { amountSet: MoneyBag! id: ID! }
type ShippingLine { discountedPriceSet: MoneyBag! id: ID isRemoved: Boolean! taxLines: [TaxLine!]! title: String! }
type ShippingLineConnection { nodes: [ShippingLine!]! pageInfo: PageInfo! }
type Shop { currencyCode: CurrencyCode! ianaTimezone: String! name: String! }
type ShopifyPaymentsAccount {
  balanceTransactions(after: String, first: Int, hideTransfers: Boolean, query: String, sortKey:
  BalanceTransactionSortKeys): ShopifyPaymentsBalanceTransactionConnection! payouts(after: String, first: Int,
  query: String, sortKey: PayoutSortKeys): ShopifyPaymentsPayoutConnection! defaultCurrency: CurrencyCode!
  disputes(after: String, first: Int, query: String): ShopifyPaymentsDisputeConnection!
}
type ShopifyPaymentsAdjustmentOrder {
  amount: MoneyV2! fees: MoneyV2! name: String! net: MoneyV2! orderTransactionId: BigInt!
}
type ShopifyPaymentsAssociatedOrder { id: ID! name: String! }
type ShopifyPaymentsBalanceTransaction {
  adjustmentReason: String adjustmentsOrders: [ShopifyPaymentsAdjustmentOrder!]! amount: MoneyV2!
  associatedOrder: ShopifyPaymentsAssociatedOrder associatedPayout:
  ShopifyPaymentsBalanceTransactionAssociatedPayout! fee: MoneyV2! id: ID! net: MoneyV2! sourceId: BigInt
  sourceOrderTransactionId: BigInt sourceType: ShopifyPaymentsSourceType test: Boolean! transactionDate:
  DateTime! type: ShopifyPaymentsTransactionType!
}
type ShopifyPaymentsBalanceTransactionAssociatedPayout { id: ID }
type ShopifyPaymentsBalanceTransactionConnection { nodes: [ShopifyPaymentsBalanceTransaction!]! pageInfo: PageInfo! }
type ShopifyPaymentsDispute {
  amount: MoneyV2! finalizedOn: DateTime id: ID! initiatedAt: DateTime! legacyResourceId: UnsignedInt64! order: Order
  reasonDetails: ShopifyPaymentsDisputeReasonDetails! status: DisputeStatus! type: DisputeType!
}
type ShopifyPaymentsDisputeConnection { nodes: [ShopifyPaymentsDispute!]! pageInfo: PageInfo! }
type ShopifyPaymentsDisputeReasonDetails { reason: ShopifyPaymentsDisputeReason }
type ShopifyPaymentsPayout {
  externalTraceId: String id: ID! issuedAt: DateTime! legacyResourceId: UnsignedInt64! net: MoneyV2! status:
  ShopifyPaymentsPayoutStatus! transactionType: ShopifyPaymentsPayoutTransactionType!
}
type ShopifyPaymentsPayoutConnection { nodes: [ShopifyPaymentsPayout!]! pageInfo: PageInfo! }
type ShopifyqlQueryResponse { parseErrors: [String!]! tableData: ShopifyqlTableData }
type ShopifyqlTableData { columns: [ShopifyqlTableDataColumn!]! rows: JSON! }
type ShopifyqlTableDataColumn { name: String! }
type TaxLine { channelLiable: Boolean priceSet: MoneyBag! rate: Float title: String! }
type Query {
  currentAppInstallation: AppInstallation! fulfillment(id: ID!): Fulfillment nodes(ids: [ID!]!): [Node]!
  order(id: ID!): Order orders(after: String, first: Int, query: String, sortKey: OrderSortKeys):
  OrderConnection! refund(id: ID!): Refund return(id: ID!): Return shop: Shop! shopifyPaymentsAccount:
  ShopifyPaymentsAccount shopifyqlQuery(query: String!): ShopifyqlQueryResponse
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


# Lists that are as long as they are asked for, beside the connections.
_SIZED = ("fulfillments", "refunds", "transactions")


def cost_of(text: str, variables: dict[str, Any]) -> int:
    """What a query may cost at most: a point for each object, and for a connection two and what each of its nodes costs
    (shopify.dev/docs/api/usage/limits and Shopify's article on rating queries). Today's scale for long lists is finer and not
    published: this one is never below it."""
    document, _ = _query(text)
    if document is None:
        return 0
    operation = next(x for x in document.definitions if isinstance(x, OperationDefinitionNode))
    return _selected(operation.selection_set, variables)


def _selected(chosen: SelectionSetNode | None, variables: dict[str, Any]) -> int:
    return sum(_cost(x, variables) for x in chosen.selections) if chosen else 0


def _cost(node: Any, variables: dict[str, Any]) -> int:
    if isinstance(node, (InlineFragmentNode, FragmentDefinitionNode)):
        return _selected(node.selection_set, variables)
    if not isinstance(node, FieldNode) or node.selection_set is None:
        return 0
    within = _selected(node.selection_set, variables)
    sizes = [a.value for a in node.arguments or () if a.name.value == "first"]
    if not sizes:
        return 1 + within
    size = value_from_ast_untyped(sizes[0], variables)
    if node.name.value in _SIZED:
        return int(size) * (1 + within)
    # Of `nodes` and `pageInfo` only the nodes are as many as asked for; they count themselves once below.
    return 2 + int(size) * within
